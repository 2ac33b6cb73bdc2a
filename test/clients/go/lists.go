package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// In a Region that has no other keys.
func pages() object {
	client := newClient("us-east-2", os.Getenv("AWS_SECRET_ACCESS_KEY"))
	for index := range 5 {
		name := aws.String(fmt.Sprintf("alias/page-%d", index))
		send(client.CreateAlias, kms.CreateAliasInput{AliasName: name, TargetKeyId: client.newKey()})
	}
	keys, aliases := []int{}, []*string{}
	keyPages := kms.NewListKeysPaginator(client, &kms.ListKeysInput{Limit: aws.Int32(2)})
	for keyPages.HasMorePages() {
		keys = append(keys, len(next(keyPages.NextPage).Keys))
	}
	aliasPages := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{Limit: aws.Int32(2)})
	for aliasPages.HasMorePages() {
		for _, alias := range next(aliasPages.NextPage).Aliases {
			aliases = append(aliases, alias.AliasName)
		}
	}
	return object{"keys": keys, "aliases": aliases}
}

func next[Page any](nextPage func(context.Context, ...func(*kms.Options)) (*Page, error)) *Page {
	page, err := nextPage(context.Background())
	if err != nil {
		panic(err)
	}
	return page
}
